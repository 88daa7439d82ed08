"""Streamlit components of our own, drawn in the browser."""
