// How a request can end: with an answer, or with a problem that has a sentence for people in both languages.
import type { Bilingual } from '../view/view';

/** Why a request was not fulfilled. */
export type Problem = {
  /** Stable, for machines and for quoting. */
  readonly code: string;
  readonly status: number;
  readonly say: Bilingual;
  /** What is wrong with which field. */
  readonly fields: readonly { readonly field: string; readonly say: Bilingual }[];
};

/** The end of a request. */
export type Answer<Data> =
  { readonly ok: true; readonly data: Data } | { readonly ok: false; readonly problem: Problem };

/** The network or the server is not there. */
export const UNREACHABLE: Problem = {
  code: 'unreachable',
  status: 0,
  say: {
    id: 'Server Segel tidak menjawab. Periksa jaringan, lalu coba lagi.',
    en: 'The Segel server does not answer. Check the network and try again.',
  },
  fields: [],
};

/** Reads problem+json with care: a proxy in between may answer with anything. */
export function readProblem(status: number, body: unknown): Problem {
  const from = isRecord(body) ? body : {};
  const text = (name: string) => (typeof from[name] === 'string' ? from[name] : '');
  const detail = text('detail') || text('title');
  const fields = Array.isArray(from['fields']) ? from['fields'].filter(isRecord) : [];
  return {
    code: text('code') || `http_${status}`,
    status,
    say: {
      id: detail || `Server menjawab dengan galat ${status}.`,
      en: text('detail_en') || detail || `The server answered with error ${status}.`,
    },
    fields: fields.map((each) => ({
      field: String(each['field'] ?? ''),
      say: { id: String(each['detail'] ?? ''), en: String(each['detail_en'] ?? each['detail'] ?? '') },
    })),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
