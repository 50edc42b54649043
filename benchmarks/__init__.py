"""The figures that the README shows, measured side by side in one run: `make bench`."""
