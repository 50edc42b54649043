"""The serving stack: predict functions behind one API, and the captures of their predictions."""
