"""MuseGAN (Dong et al., AAAI 2018): tracks as piano rolls, written by a generator that a critic taught."""
