"""Fuzz targets: everything that a stranger's file, link or accident can feed to the program."""
