"""The dashboard: views over ``clif_core`` in Streamlit. Start with ``dashboard/app.py``."""
