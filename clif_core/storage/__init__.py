"""Files on disk: written atomically, verified when read, cached by a hash of their inputs."""
