import { describe, expect, test } from 'vitest';
import { readProblem } from './problem';

describe('reading a problem', () => {
  test('takes the code and both sentences', () => {
    const body = {
      code: 'document_not_verified',
      detail: 'Belum.',
      detail_en: 'Not yet.',
      fields: [{ field: 'lines.0', detail: 'Salah', detail_en: 'Wrong' }],
    };
    expect(readProblem(409, body)).toEqual({
      code: 'document_not_verified',
      status: 409,
      say: { id: 'Belum.', en: 'Not yet.' },
      fields: [{ field: 'lines.0', say: { id: 'Salah', en: 'Wrong' } }],
    });
  });

  test('a proxy that answers with a page still gives a sentence and a code', () => {
    expect(readProblem(502, '<html>')).toEqual({
      code: 'http_502',
      status: 502,
      say: { id: 'Server menjawab dengan galat 502.', en: 'The server answered with error 502.' },
      fields: [],
    });
  });

  test('fields that are no list are no fields', () => {
    expect([
      readProblem(400, { fields: 'x' }).fields,
      readProblem(400, null).fields,
      readProblem(400, { fields: [1] }).fields,
    ]).toEqual([[], [], []]);
  });
});
