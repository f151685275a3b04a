"""The original task: what somebody who writes to a town library wants. Eight topics.

Nearly every message also speaks of another topic, as real ones do, so no single word decides: what counts is which part
asks for something.
"""

# What the writer asks for: this decides the label.
REQUESTS = {
    "reserve": [
        "Could you put {title} aside for me until {day}?",
        "Please add me to the queue for {title}.",
        "As soon as {title} comes back, I would like to be the next to have it.",
        "Would {branch} send {title} over so that I can pick it up here?",
        "Can you hold {wanted} for {person} at the front desk?",
        "{title} is out at the moment, so please let me have it when it is free.",
        "I am looking for {wanted}; could somebody keep a copy for me?",
        "Is there any copy of {title} left that I could have on {day}?",
        "May {person} be next in line for {title}?",
        "Put my name down for {title}, please, however long the wait.",
    ],
    "extend": [
        "May I keep {item} for another {number} weeks?",
        "I am only halfway through {item} and need it longer.",
        "Could the date for {item} be moved to the {ordinal} of {month}?",
        "Please give {person} a little more time with {item}.",
        "I will not finish {item} by {day}; can I hang on to it?",
        "Would it be possible to have {number} more weeks with {item}?",
        "Nobody seems to be waiting for {item}, so I would like to hold on to it past {day}.",
        "Is there a way to push back the due date of {item} to {month}?",
        "Can everything on my list stay with me until the {ordinal} of {month}?",
        "{person} still reads {item} every night, so let us have it a while longer.",
    ],
    "return": [
        "May I drop {item} off at {branch} instead?",
        "Is there a box outside where I can leave {item} after {hour}?",
        "I would like to hand {item} back early; where do I take it?",
        "Can {person} bring {item} back for me on {day}?",
        "Could I post {item} to you, as I have moved away?",
        "Whom do I give {item} to when the desk is empty?",
        "{item} still shows on my list although I put it through the slot on {day}.",
        "Does somebody take things in at {branch} before {hour}?",
        "I am done with {item} and want to give it to you on {day}; is that possible?",
        "Where should I leave {item} once I have finished with it?",
    ],
    "fee": [
        "Why was I asked for {sum} over {item}?",
        "How much do I owe for bringing {item} in {number} days late?",
        "I paid {sum} at the desk, yet the letter says it is still open.",
        "Can I settle the {sum} by bank transfer?",
        "Please check the {sum} on my account, because I think it is wrong.",
        "Would you let us off the {sum}, since it was not the fault of {person}?",
        "What will it cost me that {item} fell into the bath?",
        "Is there a reduced rate for students, or is it {sum} for all of us?",
        "Could I get the {sum} back that I was charged twice?",
        "Do I have to pay anything because of {item}?",
    ],
    "card": [
        "How can {person} become a member here?",
        "I have lost my wallet and need a new one of your plastic cards.",
        "Please change my address, as I now live near {branch}.",
        "What papers does {person} need to sign up?",
        "My membership ends in {month}; how do I go on after that?",
        "The number on the back of my card is not accepted any more; may I have another?",
        "Can {person} use my card, or does everybody need their own?",
        "From what age can a child sign up at {branch}?",
        "Since my wedding I have another surname; would you correct it in your files?",
        "I would like to give up my membership from {month} on.",
    ],
    "room": [
        "Is there a quiet place for {people} people on {day} at {hour}?",
        "Could our choir have the small hall at {branch} on {day}?",
        "We are {people} students and would like to work together behind a closed door from {hour}.",
        "Does the place upstairs have a projector that we may use on {day}?",
        "Please book us a table for {people} where one may talk.",
        "May we shift our slot in the study room from {day} to {hour} on the next day?",
        "I need somewhere to give {number} lessons a week; do you let space to teachers?",
        "Who has the key to the group room at {branch} on {day}?",
        "Can {people} of us meet in the reading room after {hour}?",
        "We no longer need the hall on the {ordinal} of {month}, so please free it.",
    ],
    "event": [
        "Are there any seats left for {course} on {day}?",
        "Could you sign {person} up for {course}?",
        "At what time does {course} start on the {ordinal} of {month}?",
        "Is {course} meant for beginners, or should one know something already?",
        "Will there be another date for {course} in {month}?",
        "I cannot come to {course} after all; please give my place to somebody else.",
        "May {person} come along to {course} without a ticket?",
        "Who is going to speak at {course} this time?",
        "Does {course} take place at {branch} or somewhere else?",
        "We would like to hear when {course} comes round again.",
    ],
    "digital": [
        "Why does my {device} say that {item} cannot be opened?",
        "Since the update the app closes whenever I tap on {item}.",
        "How do I get the file of {item} on to my {device}?",
        "The website does not let me log in, whichever password I try.",
        "My {device} finds your wireless network but no page ever loads.",
        "I did not get the mail with the link for a new password; what now?",
        "Can I listen to {item} on a {device} without a connection?",
        "The sound of {item} stops after {number} minutes on my {device}.",
        "Which program do I need so that {item} shows up on my {device}?",
        "Your search page stays blank on my {device}; is it being repaired?",
    ],
}

# Something else that the writer mentions in passing: never decides the label.
ASIDES = {
    "reserve": [
        "{title} was kept for me last week, thank you",
        "I picked up {title} that you had held for me",
        "{person} had been waiting a long time for {title} and got it on {day}",
        "I no longer need to be on the list for {title}",
    ],
    "extend": [
        "You gave me {number} more weeks with {item} only recently",
        "The new due date of {item} suits me well",
        "I was allowed to keep {item} until {month}",
        "{person} got more time for {item} without any trouble",
    ],
    "return": [
        "I brought {item} back to {branch} on {day}",
        "{item} went into the box by the door this morning",
        "{person} has just handed in {item}",
        "I gave {item} back at {hour} today",
    ],
    "fee": [
        "The {sum} from last month is paid",
        "I settled the {sum} at the desk on {day}",
        "{person} has already paid the {sum} for {item}",
        "Thank you for letting me off the {sum}",
    ],
    "card": [
        "{person} became a member on {day}",
        "My new card came with the post on {day}",
        "I signed up at {branch} in {month}",
        "You have my new address since {month}",
    ],
    "room": [
        "We had the group room on {day} and were {people} people",
        "Our choir sang in the small hall on {day}",
        "The study room was booked for {hour} and we used it",
        "The hall with the projector was just right for the {people} of us",
    ],
    "event": [
        "I went to {course} on {day} with {person}",
        "{course} on {day} was full to the last seat",
        "{person} has a place at {course}",
        "We heard about it at {course}",
    ],
    "digital": [
        "The app works again on my {device}",
        "I found you through the website on my {device}",
        "I read {item} on my {device} without any trouble",
        "My new password was accepted on {day}",
    ],
}

# {request}, {aside} and {noun} (the name of another topic) make a message.
FRAMES = [
    "{request}",
    "{aside}. {request}",
    "{aside}. {request}",
    "{aside}, but now I have another matter. {request}",
    "{request} By the way, {aside_lower}.",
    "This is not about {noun}. {request}",
    "{request} It has nothing to do with {noun}.",
    "Good morning, {request_lower}",
]

NOUNS = {
    "reserve": ["a reservation", "something I want you to hold for me"],
    "extend": ["a longer loan", "the due date"],
    "return": ["bringing things back", "something I gave back"],
    "fee": ["money", "the fine"],
    "card": ["my membership", "my card"],
    "room": ["the group room", "the hall we booked"],
    "event": ["a course", "the programme of talks"],
    "digital": ["the app", "the website"],
}
