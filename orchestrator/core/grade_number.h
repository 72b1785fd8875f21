/* grade_number.h - the number that an answer gives.  Pure.
 *
 * It is the number that stands alone in the first line that is not empty ("42", "**42**.", "-3 %",
 * "$1,234.50"), and else the last number of all ("17 + 25 = 42").  Numbers have a decimal point,
 * and may have commas between groups of three digits, an exponent, and a minus sign (hyphen, en
 * dash or U+2212) with no word, number or bracket before it: "10-12" ends in 12.  A percent sign, a
 * currency or a unit changes nothing.  Digits that belong to a word (H2O) are none.  Fractions
 * ("1/2"), words
 * ("forty-two") and digits of other scripts are not read.  -0 is 0. */
#ifndef CORE_GRADE_NUMBER_H
#define CORE_GRADE_NUMBER_H

/* NaN if the answer has no number, or one beyond what a double holds. */
double grade_number(const char *answer);

#endif
