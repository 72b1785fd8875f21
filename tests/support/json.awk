# json.awk - JSON as lines "path=value" that grep can read: "series.0.model=otter:7b", "told.2.value=12.5".
# Strings are without their quotes, \" and \\ as what they stand for; empty objects and lists are {} and [].
function emit(value) {
	if (depth > 0 && kind[depth] == "a")
		path[depth] = path[depth - 1] "." at[depth]++
	filled[depth] = 1
	print substr(path[depth], 2) "=" value
}
function enter(what) {
	if (depth > 0 && kind[depth] == "a")
		path[depth] = path[depth - 1] "." at[depth]++
	filled[depth] = 1
	kind[++depth] = what
	at[depth] = filled[depth] = 0
	path[depth] = path[depth - 1]
	is_key = what == "o"
}
function leave(empty) {
	if (!filled[depth])
		print substr(path[depth - 1], 2) "=" empty
	depth--
	is_key = 0
}
function text(token) {
	token = substr(token, 2, length(token) - 2)
	gsub(/\\\\/, "\001", token)
	gsub(/\\"/, "\"", token)
	gsub(/\\\//, "/", token)
	gsub(/\001/, "\\", token)
	return token
}
{
	rest = $0
	while (match(rest, /[^ \t\r]/)) {
		rest = substr(rest, RSTART)
		c = substr(rest, 1, 1)
		if (c == "\"") {
			match(rest, /^"([^"\\]|\\.)*"/)
			token = substr(rest, 1, RLENGTH)
			rest = substr(rest, RLENGTH + 1)
			if (is_key)
				path[depth] = path[depth - 1] "." text(token)
			else
				emit(text(token))
			continue
		}
		if (match(rest, /^[-+0-9.a-zA-Z]+/)) {
			token = substr(rest, 1, RLENGTH)
			rest = substr(rest, RLENGTH + 1)
			emit(token)
			continue
		}
		rest = substr(rest, 2)
		if (c == "{")
			enter("o")
		else if (c == "[")
			enter("a")
		else if (c == "}")
			leave("{}")
		else if (c == "]")
			leave("[]")
		else if (c == ",")
			is_key = kind[depth] == "o"
		else if (c == ":")
			is_key = 0
	}
}
