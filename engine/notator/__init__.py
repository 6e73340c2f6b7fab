"""The notator: from bare sound to spelled notes on staves and in voices, learnt from engraved scores."""
