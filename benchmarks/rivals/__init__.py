"""Other systems rebuilt at their published size with random weights, to be timed beside Obbligato.

How long a network takes does not depend on what it has learnt, so no weights are needed: each rival has the layers that
its authors published, in plain torch, keeps keys and values where it could, and takes exactly the forward passes that
writing as many notes takes in its own encoding. Where a choice was open it was made in the rival's favour.
"""
