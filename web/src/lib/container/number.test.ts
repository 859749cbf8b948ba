import { describe, expect, test } from 'vitest';
import { painted, readContainer } from './number';

describe('a container number', () => {
  test('published numbers hold', () => {
    const numbers = ['CSQU3054383', 'TEMU6079348', 'HLXU2008419', 'SUDU3070079', 'FTAU1136748'];
    expect(numbers.filter((number) => !readContainer(number).check_digit_holds)).toEqual([]);
  });

  test('a wrong check digit is a question with the digit that was expected', () => {
    expect(readContainer('CSQU3054384')).toEqual({
      number: 'CSQU3054384',
      fault: null,
      check_digit_holds: false,
      expected_check_digit: 3,
    });
  });

  test('remainder ten gives check digit zero', () => expect(readContainer('ABCU0000070').check_digit_holds).toBe(true));

  test('typing habits are forgiven', () => expect(readContainer(' csqu 305438-3').number).toBe('CSQU3054383'));

  test('each fault of form has its name', () => {
    const typed = ['', 'CSQU305438', 'CSQU30543833', 'C5QU3054383', 'CSQX3054383', 'CSQU30543A3', 'CSQU30543é1'];
    expect(typed.map((each) => readContainer(each).fault)).toEqual([
      'length',
      'length',
      'length',
      'owner',
      'category',
      'digits',
      'digits',
    ]);
  });

  test('it is shown the way it is painted', () => expect(painted('CSQU3054383')).toBe('CSQU 305438 3'));
  test('what is painted already stays as it is', () => expect(painted('CSQU 305438 3')).toBe('CSQU 305438 3'));
});
