"""What runs inside a sandbox: the zygote, the port, and the two mains. Standard library and numpy only."""
