"""What is promised to whoever fears an intruder, by which tests it is tried, and what is left.

A new attack is a test in the folder of its room, and its name in a line here; then `python -m tests.intruder --write`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Promise:
    """A promise, and how it is tried.

    Args:
        area: who attacks, or what is attacked.
        tried: files of tests, or `file::test`, in the folder `tests`.
        left: what is not promised, or not tried.
    """

    area: str
    promised: str
    tried: tuple[str, ...]
    left: str = ""


FILES, ANSWERS, LINKS = "A hostile file", "A hostile gateway or Bot API server", "The open port"
MACHINE, ROOM, SANDBOX = "Others on the machine", "Room and time", "The sandbox"
CHATS, MONEY, PERMISSION, SUPPLY = "Other people in Telegram", "Money", "Permission", "What it is built of"

CONFINED, CHILD = "media/test_confinement.py", "media/test_child.py"
PROMISES = (
    Promise(
        FILES,
        "Code that runs in a decoder reads no file but its own, opens no socket, starts no process, signals nobody, "
        "and sees nothing of the bot.",
        (
            f"{CONFINED}::test_who_takes_a_decoder_over_gets_nothing",
            f"{CONFINED}::test_an_early_landlock_hides_the_files",
            f"{CONFINED}::test_a_call_by_the_gate_of_another_processor_ends_the_child",
            f"{CONFINED}::test_the_attempts_work_where_nothing_stands_in_their_way",
            f"{CHILD}::test_the_child_knows_no_secret",
        ),
        "A hole in the kernel itself. A kernel without Landlock: next line.",
    ),
    Promise(
        FILES,
        "Without Landlock the filter of system calls still holds, and the bot's memory stays its own.",
        (
            f"{CONFINED}::test_without_landlock_the_rest_still_holds",
            f"{CONFINED}::test_the_memory_of_the_bot_is_its_own",
        ),
        "There, files that the bot's user may read can be read, but not sent. `doctor` and the log say so.",
    ),
    Promise(
        FILES,
        "Nothing of a job goes on after its answer, and time, memory, files and answers are bounded.",
        (
            f"{CONFINED}::test_nothing_goes_on_after_the_answer",
            f"{CHILD}::test_memory_is_limited",
            f"{CHILD}::test_time_is_limited",
            f"{CHILD}::test_files_are_limited",
            f"{CHILD}::test_nothing_is_left_when_the_bot_is_killed",
        ),
    ),
    Promise(
        FILES,
        "A poisoned answer is an error, and a result is the file that the bot made for it.",
        (
            f"{CHILD}::test_a_poisoned_answer_is_an_error",
            f"{CHILD}::test_a_child_does_not_choose_where_a_file_is_kept",
            f"{CHILD}::test_who_takes_a_child_over_cannot_talk_the_bot_round",
            f"{CONFINED}::test_a_link_in_place_of_the_result_is_not_followed",
        ),
        "Within the stated types a taken decoder may lie about its own file.",
    ),
    Promise(
        FILES,
        "Every job works on every kernel, and the bot itself loads no decoder.",
        (
            f"{CONFINED}::test_every_job_is_done_on_every_kernel",
            f"{CONFINED}::test_decoders_have_threads",
            f"{CONFINED}::test_the_bot_loads_no_decoder",
        ),
        "The page of the sandbox, and `emobot make` with the puppet, decode what their own user gives them.",
    ),
    Promise(
        FILES,
        "Every file is answered in the bot's own words, and nothing that it points to is opened.",
        ("hostile/test_hostile.py", "media/test_damage.py"),
        "Sixty files here; `python -m tests.hostile` sends thousands ([hostile.md](hostile.md)).",
    ),
    Promise(
        ANSWERS,
        "A public service cannot send the bot to an address inside: not by number, name or redirect. A paid video "
        "there is told to the operator, and waited for.",
        (
            "dashscope/test_addresses.py",
            "stories/test_neighbours.py::test_a_video_at_an_address_inside_is_told_to_the_operator_and_waited_for",
        ),
        "A service inside the operator's own network may name its neighbours.",
    ),
    Promise(
        ANSWERS,
        "Only http and https, no key to a stranger's host, and sizes are bounded.",
        ("dashscope/test_download.py",),
    ),
    Promise(
        ANSWERS,
        "A Bot API server of one's own cannot have a file of this machine read, outside the folder that is named.",
        ("handlers/transport/test_local_files.py",),
        "It sees every message, as any server that stands in for Telegram does.",
    ),
    Promise(
        ANSWERS,
        "No update, of whatever kind or damage, ends the bot or is lost in silence.",
        ("updates/test_updates.py", "handlers/transport/test_inbox.py"),
    ),
    Promise(
        LINKS,
        "Only a signed link that lives opens a file, and only its own; refusals look alike.",
        ("web/test_attacks.py", "web/test_media.py", "web/test_smuggling.py", "storage/test_links.py"),
        "Who has a link has the file, until the render ends.",
    ),
    Promise(
        LINKS,
        "Only Telegram's secret opens the webhook.",
        ("web/test_false_telegram.py",),
    ),
    Promise(
        LINKS,
        "A flood of unsigned requests costs next to nothing: people are answered, descriptors and memory stay.",
        (
            "web/test_floods.py",
            "web/test_crowds.py",
            "stories/test_neighbours.py::test_while_one_client_floods_a_person_is_answered",
        ),
        "A flood that fills the line itself: that is the provider's to stop.",
    ),
    Promise(
        MACHINE,
        "Another user of the machine reads no file of the bot, also not what an earlier version left open.",
        ("frame/test_private_files.py", "frame/test_link_keys.py::test_a_made_key_is_kept_for_the_owner_alone"),
        "Root, and the bot's own user.",
    ),
    Promise(
        MACHINE,
        "No secret is in a log, an error, an address or a repr.",
        ("frame/test_logs.py", "storage/test_secrets.py", "web/test_media.py::test_the_log_never_helps_to_ask_again"),
    ),
    Promise(
        ROOM,
        "A person, a chat, and everybody together have so many bytes a day, counted as they are kept; and so many "
        "videos wait.",
        ("stories/test_limits.py", "gates/test_gates.py", "storage/test_situation.py"),
        "Faces that are saved stay for a year after they last spoke: twenty for each chat.",
    ),
    Promise(
        ROOM,
        "Old files go before the disk is full; a full disk loses no video that is paid for.",
        (
            "frame/test_housekeeping.py",
            "storage/test_objects.py",
            "stories/test_races.py::test_a_disk_that_is_full_while_the_video_comes_is_waited_for",
        ),
        "What was used within a day stays, so that new files may be refused for a day.",
    ),
    Promise(
        SANDBOX,
        "No site in a browser calls the sandbox's ports or reads its page; token and key are new at each start.",
        (
            "sandbox/test_guard.py",
            "page/test_site.py::test_only_this_machine_under_its_own_name",
            "page/test_site.py::test_other_sites_can_do_nothing",
            "page/test_site.py::test_no_other_file_is_given_out",
            "page/test_site.py::test_a_file_that_could_run_in_the_page_is_only_downloaded",
        ),
        "Other programs and users of the same machine may call its ports.",
    ),
    Promise(
        CHATS,
        "Nobody opens what belongs to another chat or person: buttons, names, drafts, links.",
        ("stories/test_isolation.py", "handlers/transport/test_press.py"),
    ),
    Promise(
        CHATS,
        "`/forget` leaves nothing of a person in any file, and others keep theirs.",
        ("stories/test_forget.py",),
        "Money stays in the ledger, without the chat.",
    ),
    Promise(
        MONEY,
        "Nothing is paid twice: not by a kill, a lost answer, a lock, or two orders at one instant.",
        (
            "stories/test_kill.py::test_killed_at_every_step_the_video_comes_once",
            "stories/test_lost_submits.py",
            "stories/test_races.py::test_never_more_tasks_than_allowed_and_one_for_each_chat",
            "storage/test_tasks.py::test_of_one_account_only_one_order_is_on_its_way",
        ),
        "`python -m tests.faults` plays hundreds of renders ([faults.md](faults.md)).",
    ),
    Promise(
        MONEY,
        "No budget is passed: not by *Again*, `/forget`, many groups, an anonymous admin, orders at one instant, a "
        "midnight or a kill.",
        (
            "stories/test_budgets.py",
            "storage/test_reservations.py",
            "faults/test_faults.py::test_budgets_are_kept_to_the_last_coin_over_midnights_and_a_month_s_end",
        ),
        "A service that bills more than it was asked for.",
    ),
    Promise(
        MONEY,
        "Who is not let in uses nothing, a block outlasts `/forget`, and the operator's commands and buttons are "
        "theirs.",
        (
            "stories/test_access.py",
            "stories/test_admin.py::test_others_cannot_open_the_panel",
        ),
        "Whoever holds an account of Telegram that is let in.",
    ),
    Promise(
        MONEY,
        "A costly video is ordered only after a yes to its price.",
        ("stories/test_price.py",),
    ),
    Promise(
        PERMISSION,
        "A photo or a voice of another is used only where its owner allows it, whichever way it comes.",
        (
            "stories/test_consent.py",
            "stories/test_permission.py",
            "gates/test_permission.py::test_ones_own_a_presenters_and_a_bots_need_no_permission",
            "gates/test_permission.py::test_an_answer_is_by_chat_file_and_owner",
        ),
        "Whose face is *in* a photo nobody can tell: who posts it answers for it.",
    ),
    Promise(
        PERMISSION,
        "A no and an opt-out hold: whoever brings the picture again, after a `/forget`, and until the order.",
        (
            "stories/test_taking_back.py",
            "gates/test_permission.py::test_a_refusal_is_of_the_picture_whoever_brings_it_wherever",
            "gates/test_permission.py::test_an_opt_out_holds_over_what_was_allowed_and_where_nobody_is_asked",
            "gates/test_permission.py::test_nothing_is_ordered_that_somebody_has_said_no_to_meanwhile",
        ),
        "A picture that was changed a lot is another one; one that only looks alike is asked about.",
    ),
    Promise(
        SUPPLY,
        "Everything that is installed is known by its hash; base images can be pinned; what is in them is listed.",
        ("frame/test_supply.py",),
        "Python itself, and Debian's packages in the image, are what the pinned tag has.",
    ),
)
