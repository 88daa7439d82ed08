"""Parts of the screen that several views share; they draw with Streamlit and compute nothing."""
