"""nashgan: GAN experiments that can be repeated, compared, trusted and shipped."""
