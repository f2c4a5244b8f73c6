// An empty process, to compare with.
