"""Turns the words of feature files into typed values, and holds the files to their grammar."""
