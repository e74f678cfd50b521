"""The colours as they were called in."""


def order(amber, black, coral, denim, ebony, flame, green, henna, ivory, jade):
    return line(ivory, black, flame, denim, green, ebony, amber, jade, henna, coral)
