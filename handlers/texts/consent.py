"""Permission to use somebody's photo."""

from handlers.texts.language import Text

QUESTION = Text("{owner}, {asker} would like to make your photo speak. Is that all right?")
ALLOW = Text("Allow")
NO = Text("No")
NEVER = Text("Never me")
ALLOWED = Text("{owner} says yes.")
REFUSED = Text("{owner} would rather not. Another photo will do.")
NEVER_NOW = Text("{owner} would rather not, and won't be asked again. Another photo will do.")
WAITING = Text("{owner} has been asked about that photo; I'll go on when there's an answer.")
SAID_NO = Text("That photo is not to be used. Another one will do.")
OPTED_OUT = Text("That person prefers not to be in videos. Another photo will do.")
NOT_YOURS = Text("Only whose photo it is can answer that.")
SETTLED = Text("That's settled already.")
OUT = Text("All right: nobody else can use photos that you post. /optin takes it back.")
IN = Text("All right: others may ask you about photos that you post. /optout stops that.")
THE_ADMINS = Text("The admins")
