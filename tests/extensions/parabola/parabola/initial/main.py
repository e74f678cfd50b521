START = 1.0


def guess():
    return START
