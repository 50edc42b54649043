"""A model of four classes, as a folder of the fleet would be."""
