"""Several event loops, threads, processes and the end of the interpreter: each in a program of its own."""
