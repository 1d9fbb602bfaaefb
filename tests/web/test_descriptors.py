"""A server for many connections sees to its descriptors itself."""

import resource

from aiohttp import web

from bot.web.server import serve


async def test_a_shell_that_allows_few_open_files_does_not_limit_the_links() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, before[1]))
    try:
        runner = await serve(web.Application(), "127.0.0.1", 0)
        await runner.cleanup()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 512
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
