"""Small real data with the models that judge it."""
