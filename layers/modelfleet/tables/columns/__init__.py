"""Parsing of a column's text into values: numbers, dates, words for missing values."""
