"""The worker: a guest in the user's interpreter. Standard library, msgpack and cloudpickle only."""
