// npm urllib: one HttpClient for the whole job.
import { HttpClient } from "urllib";
import { play } from "./rounds.mjs";

await play((job) => {
  const client = new HttpClient();
  return async ({ method, target, body }) => {
    const answer = await client.request(job.base + target, {
      method,
      digestAuth: `${job.public}:${job.private}`,
      content: body ?? undefined,
      headers: body === null ? {} : { "content-type": "application/json" },
      timeout: 60_000,
    });
    return answer.status;
  };
});
