// What has happened before a story begins, told to the program through its API. Nobody acts this way once a story runs.
import type { Server } from './server';

/** The password of everybody who was there before. */
export const PASSWORD = 'sandi sebelum cerita 2026';

type Json = Record<string, unknown>;

/** Somebody who came in by an invitation. */
export class Earlier {
  readonly id: number;
  readonly login: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #server: Server;

  private constructor(server: Server, login: string, id: number, headers: Record<string, string>) {
    [this.#server, this.login, this.id, this.#headers] = [server, login, id, headers];
  }

  /** Comes in. */
  static async join(server: Server, code: string, login: string): Promise<Earlier> {
    const body = { code, login, password: PASSWORD, name: login, phone: null };
    const answer = await post(server, '/invitations/accept', body, {});
    const session = (await answer.json()) as { csrf: string; person: { id: number } };
    const cookie = answer.headers.getSetCookie().map((each) => each.split(';')[0]);
    const headers = { Cookie: cookie.join('; '), 'X-CSRF-Token': session.csrf };
    return new Earlier(server, login, session.person.id, headers);
  }

  /** Asks for something and gives what it made. */
  async ask(path: string, body: Json = {}): Promise<{ id: number; code: string }> {
    const answer = await post(this.#server, path, body, this.#headers);
    return (await answer.json()) as { id: number; code: string };
  }

  /** Reads something as it is now. */
  async read<Read>(path: string): Promise<Read> {
    const answer = await fetch(`${this.#server.people}/api/v1${path}`, { headers: this.#headers });
    return (await answer.json()) as Read;
  }

  /** Invites somebody, who comes in. */
  async brings(login: string, role: string, belongs: Json): Promise<Earlier> {
    const { code } = await this.ask('/invitations', { role, belongs });
    return Earlier.join(this.#server, code, login);
  }
}

async function post(server: Server, path: string, body: Json, headers: Record<string, string>): Promise<Response> {
  const type = { 'Content-Type': 'application/json' };
  const options = { method: 'POST', headers: { ...type, ...headers }, body: JSON.stringify(body) };
  const answer = await fetch(`${server.people}/api/v1${path}`, options);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}
