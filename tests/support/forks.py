"""Code that gets hold of the fork of the worker it runs in, to have it fail."""

from __future__ import annotations

WORKERS = """
import sys
def look_for_the_worker():
    frame = sys._getframe()
    while frame.f_globals.get('__name__') != 'pyrepl_worker.node':
        frame = frame.f_back
    images = frame.f_locals['self'].images
    return type(images)._fork.__globals__
sys.worker = look_for_the_worker()
"""
"""`sys.worker['fork']` is then what forks images."""
