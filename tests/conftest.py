"""What holds for all tests."""

import os

import hypothesis

# The keyring of whoever runs the tests is not opened: a key that is kept there would be found where none may be.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"

# No single example is too slow: on a machine that does other things beside, one of them may take any time.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")
