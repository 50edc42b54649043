"""What every function's image is built with: plain Python for the base image's interpreter."""
