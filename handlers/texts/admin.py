"""What admins read: the panel, failures, a trace, a message to all."""

from handlers.texts.language import Text

SPENT = {"day": Text("Today: {spent} CNY"), "month": Text("This month: {spent} CNY")}
SPENT_OF = {"day": Text("Today: {spent} CNY of {limit}"), "month": Text("This month: {spent} CNY of {limit}")}
"""By what a budget is for."""
WORKS = Text(
    "{n} video is in the works; waiting for their turn: {waiting}.",
    "{n} videos are in the works; waiting for their turn: {waiting}.",
)
STUCK = Text("Stuck: {n}", "Stuck: {n}")
PAUSED_SINCE = Text("Paused: no new videos are begun.")
BUTTON_REFRESH = Text("Refresh")
BUTTON_WHO = Text("Who spent most")
BUTTON_FAILURES = Text("Failures")
BUTTON_STUCK = Text("Stuck")
BUTTON_PAUSE = Text("Pause")
BUTTON_RESUME = Text("Resume")
BUTTON_HELP = Text("More")
PAUSED = Text("Paused: no new videos are begun; those in the works go on.")
RESUMED = Text("New videos are begun again.")
MORE = Text(
    "/allow ID, /block ID – or as a reply to a message that you have forwarded to me\n"
    "/broadcast WORDS – a message to all chats; you see it first\n"
    "/trace ID – what happened to one video\n"
    "/who HASH – who is behind a hash from the report"
)

WHO = Text("Who spent most this month:")
WHERE = Text("In which chats:")
LINE = Text("{name}: {amount} CNY")
NOBODY = Text("Nobody has spent anything this month.")
UNKNOWN = Text("{hash} (not known any more)")
AS_CHATS = Text("in the name of a chat")

FAILURES = Text("Videos that did not come in the last 7 days, by reason:")
FAILURE = Text("{reason}: {n}", "{reason}: {n}")
NO_FAILURES = Text("Every video came in the last 7 days.")
UNEXPLAINED = Text("unexplained")
NOTHING_STUCK = Text("Nothing is stuck.")
STUCK_LINE = Text("{id}: {stage}, {minutes} min. {trouble}")

WHO_HOW = Text("Write a hash from the report after the command, or its first digits.")
IS = Text("{hash} is {name}.")

TRACE_HOW = Text("Write the id of a video after the command.")
TRACE_UNKNOWN = Text("There is no video with that id, or it has been deleted by now.")
TRACE_ASKED = Text("{when}: asked for, in the chat {chat}; {engine} {options}")
TRACE_ORDERED = Text("{when}: part {part}, try {attempt}: about to be ordered, by the account {account}")
TRACE_TAKEN = Text("{when}: the service took it as task {task}")
TRACE_BEGUN = Text("{when}: the service began")
TRACE_MADE = Text("{when}: {seconds} s of video were ready")
TRACE_ENDED = Text("{when}: this try ended ({state})")
TRACE_RESERVED = Text("{amount} CNY are set aside for it")
TRACE_CANCEL = Text("{when}: whoever asked for it stopped it")
TRACE_NOW = Text("Now: {stage}. {trouble}")
TRACE_END = Text("{when}: {stage}. {reason}")

STAGES = {
    "asking": Text("it waits for a yes to its price"),
    "queued": Text("it waits for its turn"),
    "preparing": Text("photo and voice are being prepared"),
    "checking": Text("the photo is being checked"),
    "submitting": Text("it is being ordered"),
    "waiting": Text("the service is making it"),
    "fetching": Text("the video is being fetched"),
    "delivering": Text("the video is being sent"),
    "delivered": Text("the video was sent"),
    "refused": Text("the photo or the voice was refused"),
    "failed": Text("no video came"),
    "cancelled": Text("it was stopped"),
    "unsure": Text("nobody knows whether it was ordered"),
    "gone": Text("its chat is gone"),
}
"""Where a render is, or how it ended, in `STUCK_LINE`, `TRACE_NOW` and `TRACE_END`."""
STATES = {
    "SUCCEEDED": Text("without a video"),
    "FAILED": Text("the service could not make it"),
    "CANCELED": Text("it was stopped at the service"),
    "UNKNOWN": Text("the service knows nothing of it any more"),
    "NOT_TAKEN": Text("the service did not take it"),
    "UNSURE": Text("nobody knows whether the service took it"),
}
"""How a task ended without a video, in `TRACE_ENDED`; the names are the service's, and two of ours."""

BROADCAST_HOW = Text("Write your words after the command; you see them before anybody else does.")
BROADCAST_PREVIEW = Text("This goes to {n} chat:\n\n{words}", "This goes to {n} chats:\n\n{words}")
BUTTON_SEND = Text("Send it")
BUTTON_DROP = Text("Don't send")
BUTTON_STOP = Text("Stop")
BROADCAST_DROPPED = Text("It stays here.")
BROADCAST_GOING = Text("Sent: {sent}. Still to come: {left}. Not reached: {failed}.")
BROADCAST_DONE = Text("Done. Sent: {sent}. Not reached: {failed}.")
BROADCAST_STOPPED = Text("Stopped. Sent: {sent}. Not sent: {left}.")
