"""Passwords that every guessing program tries first, of the length we would otherwise accept."""

from typing import Final

_TEXT: Final = """
    password password1 password12 password123 password1234 passw0rd p@ssword p@ssw0rd passwort
    12345678 123456789 1234567890 0123456789 123123123 11111111 00000000 87654321 987654321
    12341234 11223344 112233445566 1q2w3e4r 1q2w3e4r5t 1qaz2wsx qwertyui qwertyuiop qwerty123
    qwerty12 qwerty1234 qwertz123 qwertzuiop azertyuiop asdfghjk asdfghjkl zxcvbnm1 zaq12wsx
    abcdefgh abcd1234 abc12345 a1b2c3d4 aa123456 abc123456 letmein1 letmein123 welcome1 welcome123
    iloveyou iloveyou1 iloveyou2 sunshine sunshine1 princess princess1 football football1 baseball
    baseball1 basketball superman superman1 batman123 trustno1 starwars starwars1 whatever
    computer computer1 internet samsung1 michelle jennifer jessica1 charlie1 jordan23 michael1
    mustang1 corvette ferrari1 mercedes porsche1 dragon123 monkey123 shadow123 master123 killer123
    hello123 hello1234 helloworld changeme changeme1 changeme123 default1 secret123 secret1234
    admin123 admin1234 administrator administrator1 root1234 toor1234 test1234 testtest testing1
    testing123 guest123 user1234 demo1234 temp1234 temporary welcome2 welcome01 winter2024
    summer2024 spring2024 autumn2024 winter2025 summer2025 spring2025 autumn2025 january1
    december september november passpass liverpool liverpool1 chelsea1 arsenal1 barcelona
    manchester realmadrid juventus marseille snoopy12 chocolate butterfly elephant christmas
    freedom1 blink182 pokemon1 nintendo playstation minecraft fortnite1 google123 facebook1
    linkedin linkedin1 dropbox1 yahoo123 hotmail1 gmail123 iphone123 android1 windows1
    matrix123 phoenix1 maverick hannah123 ashley123 daniel123 thomas123 robert123 joshua123
    anthony1 andrew123 nicholas alexander alexande victoria veronica patricia stephanie
    qazwsxedc 1qazxsw2 !qaz2wsx 1qaz@wsx q1w2e3r4 q1w2e3r4t5 a12345678 123456789a 12345678a
    12345qwert qwert12345 asdf1234 asdfasdf qweqwe123 zxcvbnm123 147258369 159753456 789456123
    741852963 963852741 13579246 24681012 99999999 88888888 77777777 66666666 55555555 44444444
    33333333 22222222 12121212 10101010 20202020 01234567 98765432 31415926 27182818
    correcthorsebatterystaple thisismypassword mypassword mypassword1 newpassword newpassword1
    yourpassword nopassword passwords password! password!1 password@1 password01 password2
    password3 p4ssw0rd pa55word pa55w0rd pass1234 pass12345 letmeinnow opensesame access14
    babygirl babygirl1 lovelove loveyou1 forever1 friends1 sweetheart beautiful1 cookie123
    """
COMMON_PASSWORDS: Final = frozenset(_TEXT.split())
