/* utf8.c - one character of UTF-8 is read. */
#include "utf8.h"

uint32_t utf8_at(const unsigned char *s, size_t room, size_t *len)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t c;

	*len = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (*len == 1)
		return s[0];
	if (s[0] < 0xc2 || s[0] > 0xf4 || *len > room)
		return 0;
	c = s[0] & (0xffu >> (*len + 1));
	for (size_t i = 1; i < *len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3fu);
	}
	return c < least[*len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) ? 0 : c;
}
