// The program that the benchmarked daemons run for a file: mark MARKS NAME... appends "CLOCK_MONOTONIC_NS NAME" to MARKS for each NAME.
// Without a C library, so that its own start costs next to nothing and the clock is read by (almost) the first instruction. One write(2)
// with O_APPEND, so that lines of programs that run side by side never mix.
#if defined(__x86_64__)
enum { NR_write = 1, NR_exit = 60, NR_clock_gettime = 228, NR_openat = 257 };
static long call(long number, long a, long b, long c, long d)
{
	long result;
	register long r10 __asm__("r10") = d;
	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
	return result;
}
__asm__(".globl _start\n_start:\n mov %rsp, %rdi\n and $-16, %rsp\n call begin\n");
#elif defined(__aarch64__)
enum { NR_openat = 56, NR_write = 64, NR_exit = 93, NR_clock_gettime = 113 };
static long call(long number, long a, long b, long c, long d)
{
	register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c, x3 __asm__("x3") = d;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
}
__asm__(".globl _start\n_start:\n mov x0, sp\n bl begin\n");
#else
#error "add the system call of this machine"
#endif

static char text[1 << 18];

__attribute__((used, noreturn)) void begin(long *stack)
{
	struct { long seconds, nanoseconds; } time;
	call(NR_clock_gettime, 1, (long)&time, 0, 0);
	unsigned long ns = (unsigned long)time.seconds * 1000000000 + time.nanoseconds;
	char digits[24];
	int count = 0;
	for (; ns; ns /= 10)
		digits[count++] = '0' + ns % 10;

	long argc = stack[0], length = 0;
	char **argv = (char **)(stack + 1);
	// O_WRONLY | O_APPEND | O_CREAT
	long file = argc > 2 ? call(NR_openat, -100, (long)argv[1], 1 | 02000 | 0100, 0644) : -1;
	for (long i = 2; i < argc; i++) {
		for (int k = count; k--;)
			text[length++] = digits[k];
		text[length++] = ' ';
		for (char *p = argv[i]; *p && length < (long)sizeof text - 64; p++)
			text[length++] = *p;
		text[length++] = '\n';
		if (length > (long)sizeof text - 8192) {
			call(NR_write, file, (long)text, length, 0);
			length = 0;
		}
	}
	if (length)
		call(NR_write, file, (long)text, length, 0);
	call(NR_exit, 0, 0, 0, 0);
	for (;;)
		;
}
