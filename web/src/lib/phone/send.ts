// Sends one piece of work: a command in one request, a photo in pieces that go on where the last one ended. Each carries the
// time at which it was done and the phone's clock now, so that work done off line keeps its time.
import { sendRaw, settle, api, type Api } from '../api/client';
import type { Problem } from '../api/problem';
import { afterLost, afterPiece, afterProblem, afterStored, PIECE_BYTES, type CommandWork, type Work } from './work';

/** The bytes of a photo are gone from the phone (the browser may clear its disk). */
const BYTES_GONE: Problem = {
  code: 'photo_gone',
  status: 410,
  say: {
    id: 'Foto ini sudah tidak ada di ponsel. Ambil lagi.',
    en: 'This photo is no longer on the phone. Take it again.',
  },
  fields: [],
};

/** Sends it; `progress` hears each step that was taken, the answer is how it ended. */
export async function sendWork(
  work: Work,
  bytes: () => Promise<Blob | null>,
  progress: (work: Work) => Promise<void>,
): Promise<Work> {
  return work.what.kind === 'command' ? sendCommand(work, work.what) : sendPhoto(work, await bytes(), progress);
}

function times(work: Work): Record<string, string> {
  return { 'X-Recorded-At': new Date(work.done_ms).toISOString(), 'X-Clock': new Date().toISOString() };
}

async function sendCommand(work: Work, what: CommandWork): Promise<Work> {
  const headers = { ...times(work), 'Idempotency-Key': work.id, 'Content-Type': 'application/json' };
  const answer = await sendRaw<Api['Done']>('POST', what.path, JSON.stringify(what.body), headers);
  return answer.ok ? afterStored(work, Date.now()) : failed(work, answer.problem);
}

async function sendPhoto(work: Work, bytes: Blob | null, progress: (work: Work) => Promise<void>): Promise<Work> {
  if (!bytes) return failed(work, BYTES_GONE);
  let now = await resume(work);
  while (now.stage === 'queued' && now.problem === null) {
    await progress(now);
    now = await sendPiece(now, bytes);
  }
  return now;
}

/** Asks the server how far it is, or begins. */
async function resume(work: Work): Promise<Work> {
  if (work.what.kind !== 'photo') return work;
  const { upload, step, shows, bytes, sha256 } = work.what;
  const fresh = { ...work, problem: null };
  if (upload !== null) {
    const answer = await settle(api.GET('/uploads/{id}', { params: { path: { id: upload } } }));
    if (answer.ok) return afterPiece(fresh, answer.data, Date.now());
    if (answer.problem.status !== 404) return failed(work, answer.problem);
  }
  const body = JSON.stringify({ trip: work.trip, step, kind: shows, bytes, sha256 });
  const headers = { ...times(work), 'Content-Type': 'application/json' };
  const answer = await sendRaw<Api['Upload']>('POST', '/uploads', body, headers);
  return answer.ok ? afterPiece(afterLost(fresh), answer.data, Date.now()) : failed(work, answer.problem);
}

async function sendPiece(work: Work, bytes: Blob): Promise<Work> {
  if (work.what.kind !== 'photo' || work.what.upload === null) return work;
  const { upload, sent } = work.what;
  const piece = bytes.slice(sent, sent + PIECE_BYTES);
  const headers = {
    ...times(work),
    'Content-Type': 'application/offset+octet-stream',
    'Upload-Offset': String(sent),
  };
  const answer = await sendRaw<Api['Upload']>('PATCH', `/uploads/${encodeURIComponent(upload)}`, piece, headers);
  if (answer.ok) return afterPiece(work, answer.data, Date.now());
  if (answer.problem.status === 404) return failed(afterLost(work), { ...answer.problem, status: 0 });
  // Another offset than ours: the answer to the last piece was lost. The next attempt asks where to go on.
  if (answer.problem.code === 'wrong_offset') return failed(work, { ...answer.problem, status: 0 });
  return failed(work, answer.problem);
}

function failed(work: Work, problem: Problem): Work {
  return afterProblem(work, problem, Date.now(), Math.random());
}
