"""Draws and writes what people read: plots, diagrams, transcripts, Allure, JUnit, sign-off."""
