"""A Scrapy project in one file: crawls a site, and says what it cost.

    python crawl.py ADDRESS ITEMS.jsonl STATS.json [SETTING=JSON ...]
"""

import json
import sys
import time

import scrapy
from scrapy.crawler import CrawlerProcess


class Spider(scrapy.Spider):
    name = "site"

    def __init__(self, address: str):
        super().__init__()
        self.start_urls = [address]

    def parse(self, response):
        for link in response.css("a[href$='.html']::attr(href)").getall():
            yield response.follow(link, self.page)

    def page(self, response):
        yield {"url": response.url, "html": response.body}


class WithoutHtml:
    """What a crawl costs that does nothing with its pages."""

    def process_item(self, item):
        del item["html"]
        return item


def main(address: str, items: str, stats: str, *given: str) -> None:
    settings = dict(setting.split("=", 1) for setting in given)
    process = CrawlerProcess(
        {
            "FEEDS": {items: {"format": "jsonlines"}},
            "LOG_LEVEL": "ERROR",
            "TELNETCONSOLE_ENABLED": False,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
            "DOWNLOAD_DELAY": 0,
            **{name: json.loads(value) for name, value in settings.items()},
        }
    )
    crawler = process.create_crawler(Spider)
    start = time.process_time()
    process.crawl(crawler, address=address)
    process.start()
    found = {k: v for k, v in crawler.stats.get_stats().items() if isinstance(v, (int, float))}
    with open(stats, "w") as file:
        json.dump({**found, "seconds": time.process_time() - start}, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
