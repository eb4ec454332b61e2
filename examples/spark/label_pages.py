"""A Spark job: a Parquet table of pages to a table of their blocks, one row per block.

    spark-submit --master 'local[2]' examples/spark/label_pages.py pages.parquet blocks.parquet
    spark-submit --master yarn --archives saring.tar.gz#venv ... label_pages.py s3a://... s3a://...

docs/spark.md says how to bring saring to the executors, and how large a cluster is needed.
"""

import argparse

from pyspark.sql import SparkSession
from pyspark.sql.functions import col, posexplode

import saring.spark
from saring import Classifier


def main() -> None:
    arguments = argparse.ArgumentParser(description="Labels the blocks of the pages in a table.")
    arguments.add_argument("pages", help="a Parquet table with the HTML of pages")
    arguments.add_argument("blocks", help="the Parquet table to write; must not be there yet")
    arguments.add_argument("--html", default="html", help="the column with the HTML")
    arguments.add_argument("--url", help="the column with the address")
    arguments.add_argument("--id", default="id", help="the column that tells pages apart")
    arguments.add_argument("--keep", type=lambda labels: labels.split(","), help="labels to keep")
    arguments.add_argument("--failed", help="a Parquet table for the pages that could not be read")
    options = arguments.parse_args()

    spark = SparkSession.builder.appName("saring").getOrCreate()
    # A page has some 100 KB: batches of Spark's 10,000 rows would be a gigabyte for each core.
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "256")
    wanted = dict.fromkeys(filter(None, (options.id, options.url, options.html)))
    pages = spark.read.parquet(options.pages).select(*wanted)
    labelled = saring.spark.classify(
        pages, options.html, options.url, classifier=Classifier(keep=options.keep)
    )
    blocks = labelled.where(col("error").isNull()).select(
        options.id, "url", "confidence", "truncated", posexplode("blocks").alias("number", "block")
    )
    blocks.select(options.id, "url", "confidence", "truncated", "number", "block.*").write.parquet(
        options.blocks, mode="errorifexists"
    )
    if options.failed:
        failed = labelled.where(col("error").isNotNull()).select(options.id, "url", "error")
        failed.write.parquet(options.failed, mode="errorifexists")
    spark.stop()


if __name__ == "__main__":
    main()
