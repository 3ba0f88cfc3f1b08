"""Tests of the installed package with a live server."""
