"""What holds for all tests."""

import os

# The keyring of whoever runs the tests is not opened: a key that is kept there would be found where none may be.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
