"""Figures made from arrays and a palette. Nothing here knows Streamlit."""
