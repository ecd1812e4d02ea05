// Reads a job from standard input, plays its rounds with `send`, writes the statuses as JSON.
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

export async function play(open) {
  const job = JSON.parse(readFileSync(0, "utf8"));
  const send = open(job);
  const statuses = [];
  for (const [number, batch] of job.rounds.entries()) {
    if (number) await pause(job.pause * 1000);
    statuses.push(await Promise.all(batch.map((request) => send(request).catch((why) => String(why)))));
  }
  process.stdout.write(JSON.stringify(statuses), () => process.exit(0));
}
