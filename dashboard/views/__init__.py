"""The views, one module each with one public function ``show()``; ``app.py`` lists them."""
