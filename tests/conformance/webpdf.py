"""nbconvert with the Chromium that CHROMIUM names, instead of one that Playwright would download."""

import os
import sys

from nbconvert.nbconvertapp import main
from playwright.async_api import BrowserType

launch = BrowserType.launch


async def launch_ours(self, **options):
    own = {"executable_path": os.environ["CHROMIUM"], "args": ["--no-sandbox"]}
    return await launch(self, **{**options, **own})


BrowserType.launch = launch_ours
sys.exit(main())
