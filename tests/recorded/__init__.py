"""Data folders that earlier versions of the bot have written, with what stood around them."""
