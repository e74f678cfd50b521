"""From the dark colours to the light ones, and on."""


def order(amber, black, coral, denim, ebony, flame, green, henna, ivory, jade):
    return line(black, ebony, denim, jade, green, ivory, amber, coral, flame, henna)
