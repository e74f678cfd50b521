def guess():
    return 7.0
