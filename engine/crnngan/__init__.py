"""C-RNN-GAN (Mogren 2016, arXiv 1611.09904): a line as continuous numbers, by a generator that a critic taught."""
