"""How the park's figures are shown: the frame around every page, and the parts that pages are made of."""
