// Reads lines `{"cron", "zone", "after", "count"}`, prints for each the next runs as the package
// cron-parser sees them, as JSON: a list of seconds since 1970, or null for what it refuses.
// Usage: node next_runs.mjs FOLDER_OF_NODE_MODULES <in >out
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { CronExpressionParser } = createRequire(process.argv[2] + "/")("cron-parser");

function nextRuns({ cron, zone, after, count }) {
  try {
    const options = { currentDate: new Date(after * 1000), tz: zone };
    const expression = CronExpressionParser.parse(cron, options);
    return Array.from({ length: count }, () => expression.next().getTime() / 1000);
  } catch {
    return null;
  }
}

for await (const line of createInterface({ input: process.stdin }))
  console.log(JSON.stringify(nextRuns(JSON.parse(line))));
