// How many jobs of 1.7 kB other queues on PostgreSQL store in a second, from 64 senders within this process:
//   npm install pg-boss@10.4.2 graphile-worker@0.17.3 pg
//   node queues.mjs postgres://… [seconds]
import { makeWorkerUtils } from 'graphile-worker';
import pg from 'pg';
import PgBoss from 'pg-boss';

const [url, seconds] = [process.argv[2], Number(process.argv[3] ?? 6)];
const senders = 64;
const job = { note: 'x'.repeat(1700) };

async function measure(name, send) {
  const end = Date.now() + seconds * 1000;
  let stored = 0;
  const sender = async () => {
    for (; Date.now() < end; stored++) await send();
  };
  await Promise.all(Array.from({ length: senders }, sender));
  console.log(`${name}: ${Math.round(stored / seconds)} per second`);
}

const boss = new PgBoss({ connectionString: url, max: 20 });
await boss.start();
await boss.createQueue('orders');
await measure('pg-boss send', () => boss.send('orders', job));
await boss.stop();

const pgPool = new pg.Pool({ connectionString: url, max: 20 });
const worker = await makeWorkerUtils({ pgPool });
await worker.migrate();
await measure('graphile-worker addJob', () => worker.addJob('order', job));
await worker.release();
await pgPool.end();
